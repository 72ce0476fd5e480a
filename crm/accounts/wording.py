"""Words for the codes of accounts."""

from flask_babel import lazy_gettext as _l

from crm.accounts.rules import DepartmentKind, Role, Way, WeakPassword

ROLE = {
    Role.STAFF: _l("招商专员"),
    Role.UNIT_HEAD: _l("单位负责人"),
    Role.DIRECTOR: _l("局领导"),
    Role.DISTRICT_LEADER: _l("区领导"),
    Role.ADMINISTRATOR: _l("系统管理员"),
    Role.AUDITOR: _l("审计员"),
    Role.SYSTEM: _l("系统"),
}
WAY = {
    Way.MAIL: _l("邮件"),
    Way.MESSENGER: _l("政务通讯"),
    Way.SMS: _l("短信"),
    Way.MAIL_MESSENGER: _l("邮件和政务通讯"),
    Way.MAIL_SMS: _l("邮件和短信"),
}
DEPARTMENT_KIND = {
    DepartmentKind.BUREAU: _l("委办局"),
    DepartmentKind.STREET: _l("街道"),
    DepartmentKind.PARK: _l("园区"),
    DepartmentKind.OTHER: _l("其他单位"),
}
FIELD = {
    "login": _l("登录名"),
    "name": _l("姓名"),
    "role": _l("角色"),
    "department_id": _l("单位"),
    "email": _l("邮箱"),
    "phone": _l("联系电话"),
    "mobile": _l("手机号"),
    "messenger_id": _l("政务通讯账号"),
    "position": _l("领导次序"),
    "is_active": _l("在用"),
}
"""The facts of an account as the form calls them."""
DEPARTMENT_FIELD = {
    "name": _l("单位名称"),
    "name_en": _l("英文名称"),
    "kind": _l("类别"),
    "position": _l("排序"),
    "is_active": _l("在用"),
}
WEAK_PASSWORD = {
    WeakPassword.TOO_SHORT: _l("密码至少10个字符"),
    WeakPassword.TOO_LONG: _l("密码最多128个字符"),
    WeakPassword.TOO_FEW_KINDS: _l("密码须含大写、小写、数字、符号中的三种"),
    WeakPassword.CONTAINS_LOGIN: _l("密码不能包含登录名"),
}
WORDS = {**ROLE, **DEPARTMENT_KIND, **WEAK_PASSWORD}
