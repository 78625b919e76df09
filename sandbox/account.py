"""What the pretended official account set up in its console: templates and their wording, a first menu."""

from typing import Any

MENU: list[dict[str, Any]] = [
    {"type": "click", "name": "我的证照", "key": "MY_LICENSES"},
    {"type": "click", "name": "绑定证照", "key": "BIND"},
    {"type": "click", "name": "使用帮助", "key": "HELP"},
]
# The ids are the samples of config/wechat_templates.toml. Other ids are accepted too, with labels by kind.
TEMPLATES: dict[str, dict[str, Any]] = {
    "SAMPLE-ID-OF-THE-SINGLE-LICENSE-TEMPLATE-01": {
        "template_id": "SAMPLE-ID-OF-THE-SINGLE-LICENSE-TEMPLATE-01",
        "title": "证照到期提醒",
        "content": "证照名称:{{thing1.DATA}}\n校验码:{{character_string2.DATA}}\n最迟申请:{{time3.DATA}}\n"
        "期满日期:{{time4.DATA}}\n提示:{{thing5.DATA}}",
    },
    "SAMPLE-ID-OF-THE-SEVERAL-LICENSES-TEMPLATE": {
        "template_id": "SAMPLE-ID-OF-THE-SEVERAL-LICENSES-TEMPLATE",
        "title": "多本证照到期提醒",
        "content": "证照名称:{{thing1.DATA}}\n期满日期:{{time2.DATA}}\n最迟申请:{{time3.DATA}}\n"
        "校验码:{{character_string4.DATA}}\n提示:{{thing5.DATA}}",
    },
    "SAMPLE-ID-OF-THE-CORRECTION-TEMPLATE": {
        "template_id": "SAMPLE-ID-OF-THE-CORRECTION-TEMPLATE",
        "title": "证照提醒更正",
        "content": "证照名称:{{thing1.DATA}}\n错在哪里:{{thing2.DATA}}\n现在的日期:{{thing3.DATA}}\n"
        "原提醒日期:{{time4.DATA}}\n校验码:{{character_string5.DATA}}",
    },
    "SAMPLE-ID-OF-THE-NEW-RECIPIENT-TEMPLATE": {
        "template_id": "SAMPLE-ID-OF-THE-NEW-RECIPIENT-TEMPLATE",
        "title": "新的接收人通知",
        "content": "事项:{{thing1.DATA}}\n持有单位:{{thing2.DATA}}\n日期:{{time3.DATA}}\n"
        "提示:{{thing4.DATA}}\n校验码:{{character_string5.DATA}}",
    },
    "SAMPLE-ID-OF-THE-VISIT-TEMPLATE": {
        "template_id": "SAMPLE-ID-OF-THE-VISIT-TEMPLATE",
        "title": "预约提醒",
        "content": "事项:{{thing1.DATA}}\n日期:{{time2.DATA}}\n时段:{{thing3.DATA}}\n"
        "地点:{{thing4.DATA}}\n校验码:{{character_string5.DATA}}",
    },
}
# Long-term subscription notices; their ids are of another kind than those of template messages (40037).
NOTICES: dict[str, dict[str, Any]] = {
    "SAMPLE-ID-OF-THE-SUBSCRIPTION-NOTICE-TEMPLATE": {
        "template_id": "SAMPLE-ID-OF-THE-SUBSCRIPTION-NOTICE-TEMPLATE",
        "title": "证照到期通知",
        "content": "证照名称:{{thing1.DATA}}\n期满日期:{{time2.DATA}}\n最迟申请:{{time3.DATA}}\n"
        "校验码:{{character_string4.DATA}}\n提示:{{thing5.DATA}}",
    },
}
