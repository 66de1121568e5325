"""How far workers agree, and how far beyond chance: a measure for every type of answer."""

from quality.core.agreement.intraclass import intraclass_correlation
from quality.core.agreement.kappa import cohen_kappa, fleiss_kappa
from quality.core.agreement.krippendorff import krippendorff_alpha, krippendorff_alpha_sets
from quality.core.agreement.pairwise import Pairwise, pairwise
from quality.core.agreement.percent import percent_agreement
from quality.core.agreement.ranks import kendall_tau, kendall_w
from quality.core.agreement.regions import detection_f1, mean_iou
from quality.core.agreement.resampling import Agreement, Level
from quality.core.agreement.unitizing import unitizing_alpha
from quality.core.agreement.words import word_error_rate

__all__ = [
    "Agreement",
    "Level",
    "Pairwise",
    "cohen_kappa",
    "detection_f1",
    "fleiss_kappa",
    "intraclass_correlation",
    "kendall_tau",
    "kendall_w",
    "krippendorff_alpha",
    "krippendorff_alpha_sets",
    "mean_iou",
    "pairwise",
    "percent_agreement",
    "unitizing_alpha",
    "word_error_rate",
]
