"""People named or told of in the words: patients block, colleagues are asked about, places are left alone."""

import pytest

from approvals.consent import Consent
from approvals.content import Named
from approvals.rules import Terms
from tests.approvals.checks.checking import NOW, Row, above_advice, found, name, of, post, wanted

NAMES: list[Row] = [
    ("en", "Mr Idwal Penri needs a lift home after his dialysis.", "PID-NAME-PATIENT"),
    ("cy", "Mae angen lifft ar Mrs Eluned Puw ar ôl ei thriniaeth.", "PID-NAME-PATIENT"),
    ("cy", "Diolch i Mrs Puw am ei geiriau caredig am y ward.", "PID-NAME-PATIENT"),
    ("en", "Dr Sian Lloyd, consultant, joins the team.", "PID-NAME-STAFF:decide"),
    ("cy", "Croeso i Dr Siân Llwyd, ein hymgynghorydd newydd!", "PID-NAME-STAFF:decide"),
    ("en", "Ward manager Carys Bowen has won an award.", "PID-NAME-STAFF:decide"),
    ("cy", "Llongyfarchiadau i Carys Bowen, rheolwr y ward, ar ei gwobr.", "PID-NAME-STAFF:decide"),
    ("en", "Congratulations to Nurse Bethan Hughes!", "PID-NAME-STAFF:decide"),
    ("cy", "Llongyfarchiadau i'r nyrs Bethan Hughes!", "PID-NAME-STAFF:decide"),
    ("en", "Our patient Gwilym Rees was discharged after 40 days in intensive care.", "PID-NAME-PATIENT"),
    ("cy", "Cafodd Gwilym Rees ei ryddhau o'r ysbyty ar ôl llawdriniaeth.", "PID-NAME-PATIENT"),
    ("cy", "Claf: Rhodri ap Gwilym", "PID-NAME-PATIENT"),
    ("cy", "Mae Rhodri ap Gwilym yn gwella ar ôl strôc.", "PID-NAME-PATIENT"),
    ("en", "Meet Megan. She had a heart attack last year. Megan was treated at our unit.", "PID-NAME-PATIENT:decide"),
    ("en", "Mabli, 7, from Bala was treated for leukaemia.", "PID-NAME-PATIENT JIG-COMBO"),
    ("cy", "Mae Mabli, 7 oed, o'r Bala yn cael triniaeth am lewcemia.", "PID-NAME-PATIENT JIG-COMBO"),
    ("en", "John Smith, 82, from Neath, has gone missing from the ward.", "PID-NAME-PATIENT JIG-COMBO:decide"),
    ("en", "Thank you to volunteer Emyr Jones for running the tea bar.", "PID-NAME-STAFF:decide"),
    ("en", "Consultant surgeon Mr Hywel Rees opened the theatre.", "PID-NAME-STAFF:decide"),
    ("cy", "Agorwyd y theatr gan y llawfeddyg Mr Hywel Rees.", "PID-NAME-STAFF:decide"),
    ("en", "Chief Executive Carol Shillabeer said the plan is good.", "PID-NAME-STAFF:decide"),
]
NO_NAMES: list[Row] = [
    ("en", "Visit Prince Charles Hospital, Nevill Hall Hospital or Ysbyty Glan Clwyd.", ""),
    ("cy", "Ewch i Ysbyty Gwynedd, Ysbyty Tywysog Philip neu Ysbyty Glan Clwyd.", ""),
    ("en", "Aneurin Bevan University Health Board and Betsi Cadwaladr University Health Board", ""),
    ("en", "Marie Curie nurses and Parkinson's disease support", ""),
    ("en", "The MRI scanner at St David's Hospital in Carmarthen.", ""),
    ("en", "Christmas Day opening: Boxing Day and New Year's Day.", ""),
    ("en", "Will you come? Mark your calendar. Grace Road, Rose Cottage.", ""),
    ("cy", "Bryn Beryl, Bryn y Neuadd, Glan Rhyd, Cefn Coed.", ""),
    ("cy", "Dydd Gŵyl Dewi hapus i bawb! Cwrdd am 10yb.", ""),
    ("cy", "Galwch yn ffreutur Ysbyty Glan Irfon, 1 Mawrth 2027.", ""),
    ("en", "Miss your appointment? Miss Out is a game. Ms symptoms.", ""),
    ("cy", "Ysbyty Maes-y-Gelli a Chanolfan y Ddwy Dderwen.", ""),
    ("cy", "Mae uned sganio Dyffryn Troddi ar daith trwy Sir Fynwy!", ""),
    ("en", "Thank you to Emyr and Nia for running the tea bar.", ""),
    ("en", "Alwen Valley University Health Board. Three Rivers Hospital. Two Oaks Centre.", ""),
    ("cy", "Sgrinio'r Fron Cymru. Iechyd Cyhoeddus Cymru. Galw Iechyd Cymru.", ""),
    ("en", "Fabry disease, Down syndrome, Lewy body dementia and Graves' disease.", ""),
]
DEATHS: list[Row] = [
    ("en", "We are sad to hear that Mr Tom Price died on Ward 4 last night.", "PID-NAME-PATIENT PID-DECEASED:decide"),
    ("cy", "Bu farw ein cydweithiwr Alun Tudor yr wythnos diwethaf.", "PID-NAME-STAFF:decide PID-DECEASED:decide"),
    ("en", "One of our patients, a retired teacher from Corwen, died.", "PID-DECEASED:decide JIG-COMBO:decide"),
    ("en", "Sepsis caused 2,000 deaths last year.", ""),
]
JIGSAW: list[Row] = [
    ("en", "A 43-year-old farmer from Llanuwchllyn had a heart attack at the mart.", "JIG-COMBO:decide"),
    ("cy", "Cafodd ffermwr 43 oed o Lanuwchllyn drawiad ar y galon yn y mart.", "JIG-COMBO:decide"),
    ("en", "An 8-year-old boy from Tregaron was bitten by a snake.", "JIG-COMBO"),
    ("en", "A six-year-old girl from Llansilin, who has Batten disease, got a new chair.", "JIG-COMBO"),
    ("cy", "Brathwyd bachgen 8 oed o Dregaron gan neidr.", "JIG-COMBO"),
    ("en", "A woman from Bethesda with Huntington's disease told us her story.", "JIG-COMBO"),
    ("cy", "Adroddodd menyw o Fethesda â chlefyd Huntington ei stori.", "JIG-COMBO"),
    ("en", "He is in bed 4 on Ward 3.", "PID-WARD:decide"),
    ("cy", "Mae'r claf yng ngwely 4, ward 3.", "PID-WARD:decide"),
    ("en", "A local woman who had an abortion at our clinic", "PID-PROTECTED"),
    ("cy", "Cafodd claf o'r Rhyl ei threisio nos Sadwrn.", "PID-PROTECTED"),
    ("en", "Men over 65 are invited for screening in Bangor.", ""),
    ("en", "If you are 50 or over and have asthma, get your flu jab in Bala.", ""),
    ("cy", "Os ydych chi'n 50 oed neu'n hŷn, dewch am frechlyn yn y Bala.", ""),
    ("cy", "Mae pob dyn 65 oed yn cael gwahoddiad i gael ei sgrinio.", ""),
    ("en", "Our 75-year-old hospital in Bangor treats cancer patients.", ""),
    ("en", "Every 12-year-old girl in Wales is offered the HPV vaccine.", ""),
    ("en", "Free eye tests for children under 16 with diabetes in Powys.", ""),
    ("en", "Parents of a newborn baby can register at the surgery in Neath.", ""),
    ("en", "Ward 3 now has 24 beds.", ""),
    ("cy", "Mae 24 gwely ar Ward 3.", ""),
    ("en", "HIV testing is free at our clinic in Bangor.", ""),
    ("en", "Are you affected by domestic abuse? Call Live Fear Free.", ""),
    ("cy", "Mae profion HIV am ddim yn ein clinig.", ""),
]
COUNTS: list[Row] = [
    ("en", "Only three patients in Llanidloes have motor neurone disease.", "SML-COUNT JIG-COMBO"),
    ("en", "There have been 4 deaths from E. coli in Tywyn.", "SML-COUNT"),
    ("cy", "Bu pedair marwolaeth o E. coli yn Nhywyn.", "SML-COUNT"),
    ("cy", "Mae tri chlaf yn Llanidloes yn byw â dementia.", "SML-COUNT"),
    ("en", "Two children from the village have been diagnosed with measles.", "SML-COUNT"),
    ("cy", "Mae dau o blant y pentref wedi cael diagnosis o'r frech goch.", "SML-COUNT"),
    ("cy", "Dim ond 2 achos o'r diciâu sydd yn y dref.", "SML-COUNT"),
    ("cy", "Bu 4 o gleifion yn dioddef o legionella ar ward 6.", "SML-COUNT"),
    ("en", "Four families lost a baby to meningitis in Brecon this year.", "SML-COUNT"),
    ("en", "98 of our 100 patients got better.", "SML-COUNT:decide"),
    ("en", "Up to two visitors per patient at a time.", ""),
    ("cy", "Dau ymwelydd i bob claf ar y tro.", ""),
    ("en", "One in four people has a mental health problem.", ""),
    ("cy", "Mae un o bob pedwar o bobl yn byw â phroblem iechyd meddwl.", ""),
    ("en", "Take two tablets three times a day. Children aged 3 need 2 doses.", ""),
    ("en", "Ward 4 patients have moved. Clinic 3 is closed. Stage 2 cancer patients.", ""),
    ("en", "Three nurses and two doctors have joined the cancer team.", ""),
    ("cy", "Mae tair nyrs a dau feddyg wedi ymuno â'r tîm canser.", ""),
    ("en", "We treated 412 patients with stroke.", ""),
    ("en", "One person in every 2,000 is born with the disease.", ""),
    ("en", "Bring one adult with each child.", ""),
]


@pytest.mark.parametrize("row", [*NAMES, *NO_NAMES, *DEATHS], ids=name)
def test_a_name_is_told_from_a_place_and_a_patient_from_a_colleague(row: Row) -> None:
    assert above_advice(row) == wanted(row)


@pytest.mark.parametrize("row", [*JIGSAW, *COUNTS], ids=name)
def test_facts_that_point_at_somebody_are_told_from_what_is_said_to_everybody(row: Row) -> None:
    assert above_advice(row) == wanted(row)


def test_a_name_that_a_consent_speaks_for_is_not_refused() -> None:
    consent = Consent(
        "C-1", "patient", "Idwal Penri", "self", ("image", "name", "condition"), ("facebook",),
        starts=NOW.date(), expires=NOW.date().replace(year=2028),
    )  # fmt: skip
    words = "Diolch i Mr Idwal Penri ar ôl ei driniaeth.", "Thank you to Mr Idwal Penri after his treatment."
    people = (Named("Idwal Penri", consent="C-1"),)
    assert of(found(post(*words), consents={"C-1": consent}), "PID-NAME-PATIENT")
    accounted = found(post(*words, people=people), consents={"C-1": consent})
    assert not of(accounted, "PID-NAME-PATIENT")
    assert not [f for f in accounted if f.code.startswith("CON")]


def test_an_organisation_may_count_up_to_ten_as_small() -> None:
    content = post(en="Eight patients in Tywyn have dementia.")
    assert not of(found(content), "SML-COUNT")
    assert of(found(content, terms=Terms(small_number=10)), "SML-COUNT")


def test_an_organisations_own_terms_extend_the_pack() -> None:
    terms = Terms(
        phrases=(("medicine", "en", "newdrugomab"),), phones=frozenset({"7700900123"}),
        postcodes=frozenset({"SA159ZZ"}), handles=frozenset({"glanirfon"}), not_names=frozenset({"carys bowen"}),
        hospital_numbers=(r"\bgi\d{4}\b",),
    )  # fmt: skip
    text = "Ask for Newdrugomab. Text 07700 900123. She lives in SA15 9ZZ. @GlanIrfon. Carys Bowen House. GI1234"
    assert {f.code for f in found(post(en=text), terms=terms)} == {"COM-POM", "PID-HOSP", "WEL-MISSING"} - {
        "WEL-MISSING"
    }
