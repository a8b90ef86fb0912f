"""The losses of this family as classes."""

from lossbook.families.contrast.losses import (
    barlow_twins_loss,
    clip_loss,
    info_nce_loss,
    nt_xent_loss,
    siglip_loss,
    sup_con_loss,
    vicreg_loss,
)
from lossbook.ground.module import module

BarlowTwinsLoss = module("BarlowTwinsLoss", barlow_twins_loss)
CLIPLoss = module("CLIPLoss", clip_loss)
InfoNCELoss = module("InfoNCELoss", info_nce_loss, per_batch=("negatives",))
NTXentLoss = module("NTXentLoss", nt_xent_loss)
SigLIPLoss = module("SigLIPLoss", siglip_loss)
SupConLoss = module("SupConLoss", sup_con_loss)
VICRegLoss = module("VICRegLoss", vicreg_loss)
