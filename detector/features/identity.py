"""Identity: devices, accounts and contacts that independent bidders of one lot share.

The strongest evidence of one hand behind several bids, and the easiest to misread: terminals of a trading hall,
carrier networks and service desks are shared by everybody. Every shared value is weighed by how many firms have
ever used it.
"""

from detector.arrays import FloatArray
from detector.features.declare import Feature, Phrase, feature
from detector.features.sharing import (
    DESK,
    DESK_KNOWN,
    HAND,
    HAND_KNOWN,
    NETWORK,
    NETWORK_KNOWN,
    PURSE,
    PURSE_KNOWN,
    firms_behind,
    shared_by_rivals,
)
from detector.records import Records

PUBLIC_TERMINAL = 20


@feature(
    code="I01",
    family="identity",
    direction="high",
    unit="index",
    needs=(HAND_KNOWN,),
    minimum=2,
    source="Regulation on the Implementation of the Tendering and Bidding Law (2012), Art. 40(1)-(2): bid files "
    "prepared by the same unit or person; equal device codes are evidence under local rules (provisional)",
    title=Phrase(
        "Rivals' bid files come from the same device or hand", "不同投标人的投标文件疑似出自同一设备或同一人"
    ),
    innocent=Phrase(
        "A trading hall, a print shop or a shared office may have served several bidders.",
        "交易大厅公用终端、打印店或共享办公场所可能为多家投标人共同使用。",
    ),
    ocp="R044",
)
def shared_device(records: Records) -> FloatArray:
    """Independent bidders of one lot share a device, a document author or an operator.

    Definition: sum over shared values of (sharers - 1) / log2(1 + firms that had used the value by then).
    Why it matters: bids prepared by one hand are hardly independent; the law names this fact, to be examined.
    Excluded: joint bids count as one bidder; values are keyed hashes, placeholders left out before hashing.
    Example: two bidders on a machine nobody else has used: 1 / log2(3) = 0.63.

    同一标段的不同投标人使用了同一设备、同一文件作者或同一操作员。

    定义：对每个被共用的标识，求（共用家数－1）÷ log2（1＋截至当时用过该标识的企业数），再求和。
    意义：出自同一人之手的投标难以视为相互独立；实施条例第四十条列明了此类情形，是否成立须经核查。
    排除：联合体成员合并为一家；标识均为密钥散列值，散列前须剔除占位值。
    示例：两家投标人共用一台他人从未使用过的设备：1 ÷ log2(3) = 0.63。
    """
    return shared_by_rivals(records, HAND)


@feature(
    code="I02",
    family="identity",
    direction="high",
    unit="index",
    needs=(PURSE_KNOWN,),
    minimum=2,
    source="Regulation on the Implementation of the Tendering and Bidding Law (2012), Art. 40(6): deposits from "
    "one account",
    title=Phrase("Rivals' deposits come from the same account", "不同投标人的保证金疑似由同一账户转出"),
    innocent=Phrase(
        "A guarantor or a payment agent may pay for several customers.",
        "担保机构或代付机构可能为多家客户代缴。",
    ),
)
def shared_account(records: Records) -> FloatArray:
    """Independent bidders of one lot paid from the same account.

    Definition: sum over shared accounts of (sharers - 1) / log2(1 + firms that had used the account by then).
    Why it matters: who pays the deposit of several rivals has a hand in all their bids.
    Excluded: joint bids count as one bidder; accounts are keyed hashes.
    Example: three bidders on one account that nobody else has used: 2 / log2(4) = 1.

    同一标段的不同投标人使用了同一付款账户。

    定义：对每个被共用的账户，求（共用家数－1）÷ log2（1＋截至当时用过该账户的企业数），再求和。
    意义：为多家竞争者缴纳保证金的一方，与这些投标均有关联，值得核查。
    排除：联合体成员合并为一家；账户均为密钥散列值。
    示例：三家投标人共用一个他人从未使用过的账户：2 ÷ log2(4) = 1。
    """
    return shared_by_rivals(records, PURSE)


@feature(
    code="I03",
    family="identity",
    direction="high",
    unit="index",
    needs=(DESK_KNOWN,),
    minimum=2,
    source="Open Contracting Partnership (2024), Red flags in public procurement, R041 and R044",
    title=Phrase("Rivals share a telephone, e-mail or address", "不同投标人共用电话、邮箱或地址"),
    innocent=Phrase(
        "Firms of one business park, or customers of one bidding service, share contacts.",
        "同一园区的企业或委托同一代办机构的企业可能共用联系方式。",
    ),
    ocp="R044",
)
def shared_contact(records: Records) -> FloatArray:
    """Independent bidders of one lot share a telephone, an e-mail or an address.

    Definition: sum over shared contacts of (sharers - 1) / log2(1 + firms that had used the contact by then).
    Why it matters: rivals that answer at the same desk may be one firm in several dresses.
    Excluded: joint bids count as one bidder; contacts are keyed hashes.
    Example: two bidders with a telephone that six firms have used: 1 / log2(7) = 0.36.

    同一标段的不同投标人使用了同一电话、邮箱或地址。

    定义：对每个被共用的联系方式，求（共用家数－1）÷ log2（1＋截至当时用过它的企业数），再求和。
    意义：由同一处应答的竞争者，可能实为同一主体，值得核查。
    排除：联合体成员合并为一家；联系方式均为密钥散列值。
    示例：两家投标人共用一个已有六家企业用过的电话：1 ÷ log2(7) = 0.36。
    """
    return shared_by_rivals(records, DESK)


@feature(
    code="I04",
    family="identity",
    direction="high",
    unit="index",
    needs=(NETWORK_KNOWN,),
    minimum=2,
    source="practice of electronic tendering platforms (provisional); weight by inverse frequency",
    title=Phrase("Rivals uploaded from the same network address", "不同投标人由同一网络地址上传"),
    innocent=Phrase(
        "Carriers and trading halls put many firms behind one address.",
        "运营商地址转换和交易大厅会使多家企业出现同一网络地址。",
    ),
)
def shared_network_address(records: Records) -> FloatArray:
    """Independent bidders of one lot uploaded from the same network address.

    Definition: sum over shared addresses of (sharers - 1) / log2(1 + firms that had used the address by then).
    Why it matters: uploads from one place may come from one hand; weak alone, telling beside other evidence.
    Excluded: joint bids count as one bidder; addresses are keyed hashes.
    Example: two bidders behind an address that 200 firms have used: 1 / log2(201) = 0.13.

    同一标段的不同投标人由同一网络地址上传投标文件。

    定义：对每个被共用的网络地址，求（共用家数－1）÷ log2（1＋截至当时用过该地址的企业数），再求和。
    意义：由同一地点上传的投标可能出自同一人；单独看较弱，与其他线索并见时才有意义。
    排除：联合体成员合并为一家；地址均为密钥散列值。
    示例：两家投标人共用一个已有200家企业用过的地址：1 ÷ log2(201) = 0.13。
    """
    return shared_by_rivals(records, NETWORK)


@feature(
    code="I05",
    family="identity",
    direction="high",
    unit="firms",
    needs=(HAND_KNOWN,),
    minimum=1,
    source="This project's, after supervision practice in China on devices that serve many firms (provisional)",
    title=Phrase(
        "A bidder's device or hand has served other firms", "某投标人的设备或经办人此前服务过其他企业"
    ),
    innocent=Phrase(
        "Consultants and bidding services prepare bids for several customers.",
        "咨询或代办机构会为多家客户编制投标文件。",
    ),
)
def device_of_several_firms(records: Records) -> FloatArray:
    """Largest number of other firms that had used a device, author or operator of one of the bidders before.

    Definition: for each value that a bidder left, the other firms that had left it in lots opened before; the
    largest. Values of more than 20 firms count as public terminals, for nothing.
    Why it matters: one hand may bid for different firms in different lots, where I01 cannot see it.
    Excluded: values are keyed hashes; public terminals.
    Example: a bidder on a machine that three other firms have used in earlier lots: 3.

    某投标人的设备、文件作者或操作员，此前被其他企业使用过的家数的最大值。

    定义：对投标人留下的每个标识，求此前已开标标段中留下同一标识的其他企业数，取最大值。超过20家使用过的视为公
    用终端，不计。
    意义：同一人可能在不同标段为不同企业投标，此时I01无从发现。
    排除：标识均为密钥散列值；公用终端。
    示例：某投标人所用设备此前在其他标段被三家企业使用过，结果3。
    """
    return firms_behind(records, HAND, PUBLIC_TERMINAL)


FAMILY: tuple[Feature, ...] = (
    shared_device,
    shared_account,
    shared_contact,
    shared_network_address,
    device_of_several_firms,
)
