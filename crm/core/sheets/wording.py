"""Words for why a file could not be read, and what to do about it."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from crm.core.sheets.grid import SheetFault

WORDS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    SheetFault: {
        SheetFault.EMPTY_FILE: _l("文件是空的，请重新选择"),
        SheetFault.FILE_TOO_LARGE: _l("文件超过20 MB，请删去图片或分成几个文件"),
        SheetFault.EXPANDS_TOO_MUCH: _l("文件解压后过大，未打开；请另存为新的.xlsx文件再试"),
        SheetFault.TOO_MANY_PARTS: _l("文件内部的部件过多，未打开；请另存为新的.xlsx文件再试"),
        SheetFault.TOO_MANY_SHEETS: _l("工作表超过50个，请只保留台账"),
        SheetFault.TOO_MANY_ROWS: _l("超过20000行，请分成几个文件"),
        SheetFault.TOO_MANY_COLUMNS: _l("超过200列，请删去台账以外的列"),
        SheetFault.TOO_MANY_CELLS: _l("单元格过多，请分成几个文件"),
        SheetFault.NOT_A_WORKBOOK: _l("这不是Excel工作簿；可以导入.xlsx和.csv文件"),
        SheetFault.OLD_XLS: _l("这是旧格式（.xls或.et），请在Excel或WPS中另存为.xlsx"),
        SheetFault.ENCRYPTED: _l("文件有打开密码，请去掉密码后另存"),
        SheetFault.BROKEN: _l("文件已损坏或不完整，请在Excel或WPS中打开后另存为.xlsx"),
        SheetFault.BAD_ENCODING: _l("文字编码有误，请另存为UTF-8编码的.csv或.xlsx"),
    },
}
