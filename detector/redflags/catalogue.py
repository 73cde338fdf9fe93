"""The red flags there are, by Open Contracting's code. A new one is a module beside this one and a line here."""

from detector.redflags.board import Redflag
from detector.redflags.r003 import R003
from detector.redflags.r018 import R018
from detector.redflags.r024 import R024
from detector.redflags.r025 import R025
from detector.redflags.r028 import R028
from detector.redflags.r030 import R030
from detector.redflags.r035 import R035
from detector.redflags.r036 import R036
from detector.redflags.r038 import R038
from detector.redflags.r048 import R048
from detector.redflags.r058 import R058

REDFLAGS: dict[str, type[Redflag]] = {
    "R003": R003,
    "R018": R018,
    "R024": R024,
    "R025": R025,
    "R028": R028,
    "R030": R030,
    "R035": R035,
    "R036": R036,
    "R038": R038,
    "R048": R048,
    "R058": R058,
}
