"""What a health body may not say is found; what merely uses the same words is left alone."""

from datetime import UTC, datetime

import pytest

from approvals.rules import Terms
from tests.approvals.checks.checking import Row, above_advice, found, name, of, post, wanted

POLITICS: list[Row] = [
    ("en", "The Welsh Government must do more for the NHS.", "POL-OPINION"),
    ("en", "The UK government has let our patients down.", "POL-OPINION"),
    ("cy", "Rhaid i Lywodraeth Cymru roi mwy o arian i'r GIG.", "POL-OPINION"),
    ("cy", "Mae Llywodraeth Cymru wedi siomi ein cleifion.", "POL-OPINION"),
    ("en", "Labour's health policy is a disgrace.", "POL-OPINION"),
    ("en", "Vote for candidates who support the NHS!", "POL-OPINION"),
    ("cy", "Pleidleisiwch dros y blaid sy'n cefnogi'r GIG!", "POL-OPINION"),
    ("en", "The Health Secretary should resign.", "POL-OPINION"),
    ("cy", "Dylai'r Ysgrifennydd Iechyd ymddiswyddo.", "POL-OPINION"),
    ("en", "Plaid Cymru would run the health service better than Labour.", "POL-OPINION"),
    ("en", "Brexit has been a disaster for NHS staffing.", "POL-OPINION"),
    ("cy", "Mae'r Ceidwadwyr wedi dinistrio'r GIG.", "POL-OPINION"),
    ("en", "We support the nurses' strike against this government.", "POL-OPINION"),
    ("en", "The Health Minister visited our new ward today.", "POL-OPINION:decide"),
    ("cy", "Ymwelodd y Gweinidog Iechyd â'n ward newydd heddiw.", "POL-OPINION:decide"),
    ("en", "Remember to register to vote at your new address.", "POL-OPINION:decide"),
    ("en", "Funded by the Welsh Government.", ""),
    ("cy", "Ariennir gan Lywodraeth Cymru.", ""),
    ("en", "Read the guidance on the Welsh Government website.", ""),
    ("cy", "Bydd yn rhaid i chi fewngofnodi gyda'ch manylion Porth y Llywodraeth.", ""),
    ("en", "You must bring your letter. Your GP should know.", ""),
    ("en", "New mums in labour can call the midwife.", ""),
    ("en", "Nominate your favourite volunteer in our staff awards!", ""),
    ("cy", "Bwriwch bleidlais dros eich hoff lun yn ein cystadleuaeth.", ""),
]
COMMERCE: list[Row] = [
    ("en", "Buy your plasters at Boots, they're the best!", "COM-ENDORSE:decide COM-PARTNER:decide"),
    ("en", "Buy your glasses at Golwg Da.", "COM-ENDORSE:decide"),
    ("en", "Get 10% off gym membership with code NHS10.", "COM-ENDORSE:decide"),
    ("cy", "Cewch 10% oddi ar aelodaeth campfa gyda'r cod GIG10.", "COM-ENDORSE:decide"),
    ("en", "Use discount code TRAED20", "COM-ENDORSE:decide"),
    ("en", "We recommend BrightSmile toothpaste.", "COM-ENDORSE:decide"),
    ("cy", "Rydym yn argymell past dannedd GwênWen.", "COM-ENDORSE:decide"),
    ("en", "The best hearing aids on the market, available at SoundWell in Mold.", "COM-ENDORSE:decide"),
    ("cy", "Y cymhorthion clyw gorau ar y farchnad, ar gael yn SainDda yn yr Wyddgrug.", "COM-ENDORSE:decide"),
    ("en", "Tesco vouchers for everybody who fills in the survey", "COM-ENDORSE:decide COM-PARTNER:decide"),
    ("en", "In partnership with Brightline Medical Ltd, we open a new unit.", "COM-PARTNER:decide"),
    ("cy", "Mewn partneriaeth â Brightline Medical Cyf, rydym yn agor uned newydd.", "COM-PARTNER:decide"),
    ("en", "Thanks to our supplier MedSupply for the new beds.", "COM-PARTNER:decide"),
    ("cy", "Diolch i'n cyflenwr MedCyflenwi am y gwelyau newydd.", "COM-PARTNER:decide"),
    ("en", "Thank you to Teg Technology, our new partner, for the tablets.", "COM-PARTNER:decide"),
    ("en", "Thank you to Banc Menai for sponsoring the fun run.", "COM-PARTNER:decide"),
    ("cy", "Diolch i Fanc Menai am noddi'r ras hwyl.", "COM-PARTNER:decide"),
    ("cy", "Diolch i Gyngor Sir Ddinbych am noddi'r ras hwyl.", ""),
    ("en", "Sponsored by Glanrafon Garage.", "COM-PARTNER:decide"),
    ("cy", "Noddir gan Garej Glanrafon.", "COM-PARTNER:decide"),
    ("en", "We recommend that you wash your hands often.", ""),
    ("cy", "Rydym yn argymell golchi eich dwylo'n aml.", ""),
    ("en", "In partnership with Cardiff University and North Wales Police.", ""),
    ("cy", "Mewn partneriaeth â Chyngor Sir Ynys Môn.", ""),
    ("en", "Wear sturdy walking boots. Eat an apple a day.", ""),
    ("cy", "Ni allwch ddefnyddio'r cod post hwn.", ""),
]
MEDICINES: list[Row] = [
    ("en", "Want to lose weight? Ask about Mounjaro at our clinic.", "COM-POM"),
    ("cy", "Am golli pwysau? Holwch am Mounjaro yn ein clinig.", "COM-POM"),
    ("en", "Botox appointments now available.", "COM-POM"),
    ("cy", "Mae apwyntiadau Botox ar gael nawr.", "COM-POM"),
    ("en", "Get your amoxicillin without waiting.", "COM-POM"),
    ("en", "Ask your GP about statins.", "COM-POM:decide"),
    ("cy", "Gofynnwch i'ch meddyg teulu am statinau.", "COM-POM:decide"),
    ("en", "Antibiotics do not work on colds. Ask your pharmacist for advice.", ""),
    ("en", "Book your flu vaccine now. COVID boosters are available.", ""),
    ("cy", "Trefnwch eich brechlyn ffliw nawr.", ""),
    ("en", "Paracetamol can help a fever.", ""),
    ("en", "If you take warfarin, tell us before your visit.", ""),
    ("en", "Bring your insulin with you when you visit.", ""),
    ("cy", "Os ydych yn cymryd warffarin, ffoniwch ni.", ""),
    ("en", "Return unused tramadol to your pharmacy.", ""),
]
LAW_AND_TONE: list[Row] = [
    ("en", "Bryn Builders Ltd are crooks who stole our money.", "LEG-DEFAM"),
    ("cy", "Mae Adeiladwyr Bryn Cyf wedi dwyn ein harian.", "LEG-DEFAM"),
    ("en", "The company Clean Care Ltd has been cheating patients for years.", "LEG-DEFAM"),
    ("cy", "Dywedodd y Cynghorydd Huw Price gelwydd am yr ysbyty.", "LEG-DEFAM PID-NAME-STAFF:decide"),
    ("en", "Watch out for scam texts pretending to be the NHS.", ""),
    ("cy", "Gwyliwch rhag negeseuon sgam sy'n esgus bod o'r GIG.", ""),
    ("en", "Report NHS fraud to Counter Fraud Service Wales.", ""),
    ("en", "Stop being idiots and wash your hands.", "TONE:decide"),
    ("cy", "Peidiwch â bod yn dwp, golchwch eich dwylo.", "TONE:decide"),
    ("en", "Time wasters are clogging up our emergency department.", "TONE:decide"),
    ("cy", "Mae gwastraffwyr amser yn llenwi ein hadran frys.", "TONE:decide"),
    ("en", "Get your fucking jab", "TONE"),
    ("en", "Low fat diets and stupidly good fun", ""),
    ("cy", "Rydych wedi cael eich penodi gan DWP.", ""),
    ("en", "An inquest into the death opens on Monday.", "LEG-COURT:decide"),
    ("cy", "Bydd cwest yn agor ddydd Llun.", "LEG-COURT:decide"),
    ("en", "OFFICIAL-SENSITIVE: bed plan", "LEG-RESTRICTED"),
    ("cy", "Nid i'w gyhoeddi: cynllun gwelyau", "LEG-RESTRICTED"),
    ("en", "Embargoed until 9am", "LEG-RESTRICTED"),
    ("en", "Our service is free and confidential.", ""),
    ("cy", "Mae ein gwasanaeth am ddim ac yn gyfrinachol.", ""),
    ("en", "We apologise for a data breach that affected patients.", "INC-CANDOUR:decide"),
]
CLAIMS: list[Row] = [
    ("en", "Our new treatment cures arthritis.", "FCT-CLAIM:decide"),
    ("cy", "Mae ein triniaeth newydd yn gwella arthritis yn llwyr.", "FCT-CLAIM:decide"),
    ("en", "Vitamin D cuts your risk of flu by 70%.", "FCT-CLAIM:decide"),
    ("cy", "Mae fitamin D yn lleihau eich risg o ffliw 70%.", "FCT-CLAIM:decide"),
    ("en", "We have the shortest waiting times in Wales.", "FCT-CLAIM:decide"),
    ("cy", "Mae gennym yr amseroedd aros byrraf yng Nghymru.", "FCT-CLAIM:decide"),
    ("en", "9 out of 10 patients are very satisfied with our service.", "FCT-CLAIM:decide"),
    ("en", "95% of patients recommend us.", "FCT-CLAIM:decide"),
    ("cy", "Mae 95% o gleifion yn ein hargymell.", "FCT-CLAIM:decide"),
    ("en", "The vaccine cuts the risk by 70%. Source: UKHSA study, 2026.", ""),
    ("en", "Do your best in the quiz. World Health Day is here.", ""),
    ("en", "The first clinic in the village opens today.", ""),
    ("cy", "Nid ydych wedi dewis rhywun i warantu drosoch chi.", ""),
]


@pytest.mark.parametrize("row", [*POLITICS, *COMMERCE, *MEDICINES], ids=name)
def test_opinion_trade_and_medicines_are_told_from_information(row: Row) -> None:
    assert above_advice(row) == wanted(row)


@pytest.mark.parametrize("row", [*LAW_AND_TONE, *CLAIMS], ids=name)
def test_accusation_abuse_and_claims_are_told_from_warnings_and_plain_words(row: Row) -> None:
    assert above_advice(row) == wanted(row)


def test_before_an_election_a_visit_by_a_minister_waits_and_a_clinic_does_not() -> None:
    before, during = datetime(2027, 3, 1, 9, tzinfo=UTC), datetime(2027, 4, 20, 9, tzinfo=UTC)
    visit = post("Ymwelodd y Gweinidog Iechyd â'r ward.", "The Health Minister visited the ward.")
    assert not of(found(visit, publish_at=before), "POL-ELECTION")
    (held,) = of(found(visit, publish_at=during), "POL-ELECTION")
    assert (held.severity, held.language, held.params["polling"]) == ("decide", "both", "2027-05-06")
    clinic = post("Mae'r clinig ar agor.", "The clinic is open: https://www.gov.wales/clinic")
    assert not of(found(clinic, publish_at=during), "POL-ELECTION")


def test_a_period_runs_from_its_first_day_to_polling_day_in_london() -> None:
    visit = post(en="A politician called.")
    days = {
        datetime(2027, 3, 21, 23, 30, tzinfo=UTC): 0,
        datetime(2027, 3, 22, 0, 30, tzinfo=UTC): 1,
        datetime(2027, 5, 6, 22, 30, tzinfo=UTC): 1,
        datetime(2027, 5, 6, 23, 30, tzinfo=UTC): 0,  # British Summer Time: the seventh
    }
    assert {day: len(of(found(visit, publish_at=day), "POL-ELECTION")) for day in days} == days


def test_an_agreed_partner_may_be_named() -> None:
    content = post(en="Sponsored by Glanrafon Garage.")
    assert of(found(content), "COM-PARTNER")
    assert not of(found(content, terms=Terms(partners=frozenset({"glanrafon garage"}))), "COM-PARTNER")


def test_what_only_one_list_knows_is_said_of_both_texts_where_sentence_stands_beside_sentence() -> None:
    cy, en = "Croeso. Mae'r Gweinidog yn annigonol.", "Welcome. The Minister should resign."
    (finding,) = of(found(post(cy, en)), "POL-OPINION")
    assert (finding.language, finding.severity, finding.where.pointer) == ("both", "block", "/text/cy")
    (alone,) = of(found(post("Croeso.", en)), "POL-OPINION")
    assert (alone.language, alone.where.pointer) == ("en", "/text/en")
