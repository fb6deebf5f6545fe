"""Names of bands in German, French, Spanish, Portuguese, Italian and Chinese, without accents and spaces."""

from __future__ import annotations

_NAMES: dict[str, str] = {
    "red": "rot rouge rojo roja vermelho vermelha encarnado rosso rossa 红 红色 红波段 红光 紅",
    "green": "grun gruen vert verte verde 绿 绿色 绿波段 绿光 綠",
    "blue": "blau bleu bleue azul azzurro blu 蓝 蓝色 蓝波段 蓝光 藍",
    "nir": "nahesinfrarot nahinfrarot infrarot procheinfrarouge infrarougeproche infrarouge pir infrarrojocercano "
    "infrarrojoproximo infrarrojo ircercano infravermelhoproximo infravermelho ivp vicinoinfrarosso infrarossovicino "
    "infrarossoprossimo infrarosso 近红外 近红外波段 近紅外",
    "coastal": "kustenaerosol kuste aerosolcotier cotier littoral aerosolcostero costero costera azulcostero "
    "coastalblue aerosolcosteiro costeiro azulcosteiro aerosolcostiero costiero blucostiero 海岸 海岸气溶胶 海岸波段",
    "pan": "panchromatisch panchromatique pancromatico pancromatica 全色",
}
#: Names that a number follows: "infrarouge moyen 2"; without one the first is meant.
_NUMBERED: dict[str, tuple[str, int]] = {
    "swir": (
        "shortwaveinfrared kurzwelligesinfrarot mittleresinfrarot infrarougeacourtesondes infrarougeaondescourtes "
        "infrarougeondescourtes infrarougemoyen moyeninfrarouge infrarrojodeondacorta infrarrojoondacorta "
        "infrarrojomedio infravermelhodeondascurtas infravermelhodeondacurta infravermelhoondascurtas "
        "infravermelhomedio infrarossoaondecorte infrarossoaondacorta infrarossodiondacorta infrarossomedio 短波红外 "
        "短波红外波段 短波紅外",
        2,
    ),
    "rededge": (
        "rotkante roterand bordrouge limiterouge bordorojo limiterojo bordavermelha bordarossa 红边 紅邊",
        3,
    ),
}
BY_WORD: dict[str, str] = {word: name for name, words in _NAMES.items() for word in words.split()} | {
    word + number: f"{name}{number or 1}"
    for name, (words, most) in _NUMBERED.items()
    for word in words.split()
    for number in ("", *map(str, range(1, most + 1)))
}
