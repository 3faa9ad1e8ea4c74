"""ONNX files that onnx 1.23.2 wrote, in base 85; what is in each was given to its `onnx.helper`.

LINEAR: one LinearRegressor of ai.onnx.ml over X, float [None, 3], to y; producer acme 2.1, IR 10.
ODD: an If whose branches hold acme.ops.Shell and Identity, then Cast to an int64 label; inputs flag
(bool [1]), age (double ["N", 1]), city (string ["N", 1]) and w, which is also an initializer; a second
initializer, `big`, whose values lie outside, at ../../secrets.bin.
LOOSE: Identity over X, float ["N", "M"].
"""

from base64 import b85decode

LINEAR = b85decode(
    b"2nrGeVPkD&8Ur#eF*=3;3R?;RSP}twA`eVyZe?L|Qe|gyWpi_Haw;GS3}bI)W@c$)X=QG7b3Fh6fImF|002Ne002"
    b"NhpaBLd6bcGyZggdGV`Xr3b3Fh606(As20991X)bSWZg?(jY!U%yS`i8XSP~2h3J3ub1_}TQ0tf?Q5efl$5)29o2"
    b"mulX3IGZM2mwL_3IGrlLJkTFVQDUJZf<xkZEO$&"
)
ODD = b85decode(
    b"2nrGeVPkD&8Ur#eF*^7H3YY;31ZHeuXA%K=A_7TfDnSYhWo&b0Ut)4$ZewUNFA5V117T-n5&~~BA_z%jWo~q7ba@"
    b"g4Wo&b0ViF1hZ!!`L3JM4T5(WwY3IYfLpaBIcMhXjbXk~6+Vsc?_V`wro3K<FmVP|C$0dFD&Q)p#uY&r;GV{K(FZ"
    b"*X%G1axR+ZekG%0dEov3JM4T5(WwY3IYfLpaBI68wvq>5(R8wVr6V11VdqSbSeo70(5T}2cQ805&>r_8wdgj0uTW"
    b"r5C8yxKL7v#KmY(hKmY)MKtcg`Dk=yH5CK91Vrge;9SR6+Z)0I}X>V>45iTw-E-o)~Wn*$>baO6ZX>M=<S`rEbW^"
    b"7?+5()|k2niAd3IYfLS{4ceVP|C$4+;$k3la$m0}=sF3IYfLS{DigV`+4G5)TRu2nZ4h3Ih@WP6`4D0a_CZ0e2D("
    b"3JeGV5(o+c2m%TM2m)dl3I%LoVr6U+4+;$k2NDSi0}=sF3IYfLLIer`5EViU3J76iZDlTRaB~m`"
)
LOOSE = b85decode(
    b"2nrGeVPkD&8Ur#eF*-L25DEcU5&?N42uWmRZggpMc@hC<S``WbSP~El4hR7f3JL=f0Zs}75&=zO2?_yu5(EkY2mw"
    b"L_3IGrlLJkTFVQDUJZf<xkZEO$&"
)
