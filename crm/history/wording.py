"""Words for what the audit trail tells. Every `action` a service records has its entry here."""

from flask_babel import lazy_gettext as _l

ACTION = {
    "signed_in": _l("登录"),
    "sign_in_failed": _l("登录失败"),
    "sign_in_locked": _l("锁定期间尝试登录"),
    "account_locked": _l("账号被锁定"),
    "password_changed": _l("修改密码"),
    "password_set": _l("设置初始密码"),
    "person_added": _l("新增账号"),
    "person_changed": _l("修改账号"),
    "department_added": _l("新增单位"),
    "department_changed": _l("修改单位"),
}
SUBJECT = {
    "users": _l("账号"),
    "departments": _l("单位"),
    "leads": _l("项目"),
    "enterprises": _l("企业"),
    "contacts": _l("联系人"),
    "figures": _l("金额"),
    "milestones": _l("里程碑"),
    "activities": _l("跟进记录"),
    "attachments": _l("附件"),
    "stage_changes": _l("阶段"),
    "ranking_entries": _l("上榜记录"),
    "ranking_editions": _l("榜单"),
    "exchange_rates": _l("汇率"),
    "quotas": _l("指标"),
    "ledger_imports": _l("导入台账"),
    "ledger_differences": _l("台账差异"),
    "deliveries": _l("提醒邮件"),
    "workday_calendar": _l("工作日历"),
    "app": _l("系统"),
}
