"""Courtesy translations of the license kinds of Annex 1; the Chinese name is the legal one."""

from pypinyin import Style, lazy_pinyin

# By the name as Annex 1 prints it. A kind that is not here is spelled by sound: no meaning is invented.
NAMES = {
    "药品经营许可证": "Pharmaceutical Trading Licence (retail)",
    "食品生产许可证": "Food Production Licence",
    "医疗器械经营许可证": "Medical Device Trading Licence (Class III)",
    "道路危险货物运输经营许可证": "Road Transport of Dangerous Goods Licence",
    "巡游出租汽车客运经营许可证": "Taxi Passenger Transport Licence",
    "道路客运站经营许可证": "Road Passenger Station Licence",
    "国内水路运输经营许可证": "Domestic Waterway Transport Licence",
    "道路运输车辆营运证": "Road Transport Vehicle Certificate",
    "社会团体法人登记证书": "Social Organisation Registration Certificate",
    "民办非企业单位登记证书": "Private Non-enterprise Unit Registration Certificate",
    "基金会法人登记证书": "Foundation Registration Certificate",
    "医疗机构执业许可证": "Medical Institution Practice Licence",
    "护士执业证书": "Nurse Practice Certificate",
    "麻醉药品、第一类精神药品购用印鉴卡": "Narcotic Drugs Purchase Seal Card",
    "外国人来华工作许可证": "Foreigner's Work Permit",
    "城镇污水排入排水管网许可证": "Urban Sewage Discharge Licence",
    "种畜禽生产经营许可证": "Breeding Livestock and Poultry Licence",
    "农药经营许可证": "Pesticide Trading Licence",
    "中华人民共和国对外劳务合作经营资格证书": "Overseas Labour Cooperation Qualification",
    "取水许可证": "Water Abstraction Licence",
    "海域使用权证": "Sea Area Use Right Certificate",
    "人力资源许可证": "Human Resources Service Licence",
    "劳务派遣经营许可证": "Labour Dispatch Licence",
    "印刷经营许可证": "Printing Business Licence",
    "民办学校办学许可证": "Private School Operation Licence",
}


def name_in_english(license_name: str) -> str:
    """The courtesy translation; for any other kind its sound in pinyin."""
    return NAMES.get(license_name) or by_sound(license_name)


def by_sound(chinese: str) -> str:
    """Pinyin with its tones: Shípǐn is written as it is said, shí pǐn."""
    return " ".join(lazy_pinyin(chinese, style=Style.TONE)).capitalize()
