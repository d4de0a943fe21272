"""What identifies somebody is found in both languages, and what only looks so is left alone."""

import pytest

from tests.approvals.checks.checking import Row, above_advice, found, name, of, post, wanted

NHS_NUMBERS: list[Row] = [
    ("en", "Please bring your NHS number: 943 476 5919 to reception.", "PID-NHS"),
    ("en", "NHS No. 9434765919", "PID-NHS"),
    ("en", "His number is 943-476-5919.", "PID-NHS"),
    ("en", "His number is 943\u200b476\u200b5919.", "PID-NHS"),
    ("en", "NHS number ９４３ ４７６ ５９１９", "PID-NHS"),
    ("en", "Patient 9434765919 left a coat.", "PID-NHS:decide"),
    ("en", "NHS number 943 476 5918", "PID-NHS:decide"),
    ("cy", "Rhif GIG: 943 476 5919", "PID-NHS"),
    ("cy", "ei rif GIG yw 9434765919", "PID-NHS"),
    ("cy", "rhif y GIG 943 476 5918 ar y cerdyn", "PID-NHS:decide"),
    ("en", "The register has 9434765919 entries.", "PID-NHS:decide"),
    ("en", "Call 01874 712 345 or 0300 123 4567 for help.", ""),
    ("en", "Charity number 1128905. ISBN 1-59999-043-1.", ""),
    ("en", "Call us on +44 1632 960 338", ""),
    ("cy", "Ffoniwch 0300 123 4567.", ""),
    ("en", "NHS 111 Wales is open. Ring 111.", ""),
]
BIRTHS: list[Row] = [
    ("en", "DOB 07/10/48 on the label", "PID-DOB"),
    ("en", "He was born on 7 October 1948.", "PID-DOB"),
    ("en", "Born: 7.10.1948", "PID-DOB"),
    ("en", "D.O.B.: 1948-10-07", "PID-DOB"),
    ("cy", "Ganwyd ef ar 7 Hydref 1948.", "PID-DOB"),
    ("cy", "D.G. 07/10/1948", "PID-DOB"),
    ("cy", "a aned ar 3 Mawrth 1972 ym Mangor", "PID-DOB"),
    ("en", "Babies born on 1 January get a card.", "PID-DOB:decide"),
    ("en", "The NHS was born on 5 July 1948.", ""),
    ("en", "The leader was born on 15 November 1897.", ""),
    ("cy", "Ganwyd y GIG ar 5 Gorffennaf 1948.", ""),
    ("cy", "Dewch i ddathlu pen-blwydd y ward ddydd Llun 1 Mawrth 2027.", ""),
]
PLACES: list[Row] = [
    ("en", "She lives in SA15 9ZZ.", "PID-POSTCODE"),
    ("cy", "Mae'n byw yn SA15 9ZZ", "PID-POSTCODE"),
    ("en", "she lives in sa159zz", "PID-POSTCODE"),
    ("en", "Our new clinic is at Canolfan Goffa, SA15 9ZZ.", ""),
    ("en", "Come to Prince Charles Hospital, CF47 9DT.", ""),
    ("cy", "Dewch i'r clinig yn y llyfrgell, LL49 9YY.", ""),
    ("en", "drop it at 14 Station Road, Llanfair, where she lives", "PID-ADDRESS"),
    ("en", "The surgery at 14 Station Road is closed.", ""),
    ("cy", "Mae'n byw yn 14 Heol y Bont, Aberdâr", "PID-ADDRESS"),
]
CONTACTS: list[Row] = [
    ("en", "Text her on 07700 900123", "PID-PHONE"),
    ("en", "Call his son: +44 7700 900123", "PID-PHONE"),
    ("en", "Call (07700) 900 123", "PID-PHONE"),
    ("cy", "Ffoniwch 07700 900 123 am lifft", "PID-PHONE"),
    ("en", "Call her daughter at home on 01632 960123", "PID-PHONE:decide"),
    ("en", "Book on 01632 960123 or 029 2074 7747", ""),
    ("cy", "Ffoniwch y clinig: 01632 960123", ""),
    ("en", "From 1 April 2027 to 30 June 2027", ""),
    ("en", "Email sian.puw77@gmail.com", "PID-EMAIL"),
    ("en", "Email sian.puw@wales.nhs.uk", "PID-EMAIL:decide"),
    ("en", "Email cyfathrebu.team@wales.nhs.uk or abc.enquiries@wales.nhs.uk", ""),
    ("cy", "E-bostiwch ymholiadau@gig.cymru", ""),
    ("en", "Thanks @JohnSmith1985 for this!", "PID-HANDLE:decide"),
    ("en", "Thanks @NHSWales and @HeddluGogledd!", ""),
]
DOCUMENTS: list[Row] = [
    ("en", "Her National Insurance number is AB 12 34 56 C", "PID-NINO"),
    ("en", "Passport number 123456789 found", "PID-DOCUMENT"),
    ("cy", "Pasbort 123456789 ar goll", "PID-DOCUMENT"),
    ("en", "Sort code 20-00-00, account number 55779911", "PID-BANK"),
    ("cy", "Cod didoli 20-00-00, rhif cyfrif 55779911", "PID-BANK"),
    ("en", "Card 4111 1111 1111 1111", "PID-BANK"),
    ("en", "Order 4111 1111 1111 1112", ""),
    ("en", "A blue car, AB12 CDE, has its lights on", "PID-VEHICLE:decide"),
    ("cy", "Mae car AB12 CDE wedi parcio ar draws y fynedfa", "PID-VEHICLE:decide"),
    ("en", "NMC PIN 12A3456E", "PID-STAFFNO:decide"),
    ("en", "Staff number 12345678 won", "PID-STAFFNO:decide"),
    ("en", "Hospital number A1234567", "PID-HOSP"),
    ("en", "Case note no: 445566", "PID-HOSP"),
    ("cy", "Rhif ysbyty: X234567", "PID-HOSP"),
    ("en", "Found: wristband with hospital no. 4455667.", "PID-HOSP"),
    ("en", "The hospital has 12345 patients", ""),
    ("en", "The unit has 500000 visits a year", ""),
]
SECRETS: list[Row] = [
    ("en", "The wifi password is Croeso2027!", "SEC-SECRET"),
    ("en", "Password: sunflower", "SEC-SECRET"),
    ("cy", "Cyfrinair y Wi-Fi: blodyn", "SEC-SECRET"),
    ("cy", "Cyfrinair newydd y cyfrifiadur yw Haul!77", "SEC-SECRET"),
    ("en", "Never share your password with anybody.", ""),
    ("en", "Your password must be at least 12 characters.", ""),
    ("en", "Forgotten your password? Reset it online.", ""),
    ("cy", "Peidiwch â rhannu eich cyfrinair â neb.", ""),
    ("en", "The code for the side door is 4471.", "SEC-SECRET"),
    ("en", "Door code: C4471X", "SEC-SECRET"),
    ("en", "4471 is the new door code", "SEC-SECRET"),
    ("cy", "Cod y drws yw 4471.", "SEC-SECRET"),
    ("cy", "Cod y sêff allweddi: 9021", "SEC-SECRET"),
    ("cy", "Y cod ar gyfer drws y staff ydy 4471", "SEC-SECRET"),
    ("en", "Use the key safe, code 9021, to get in.", "SEC-SECRET"),
    ("en", "Type 2580 at the back door.", "SEC-SECRET"),
    ("cy", "Teipiwch 2580 wrth y drws cefn.", "SEC-SECRET"),
    ("en", "The alarm code has changed to 778812.", "SEC-SECRET"),
    ("en", "API key sk-abcdefghijklmnopqrstuvwx123456", "SEC-SECRET"),
    ("en", "Staff only: bleep 4471 for the site manager", "SEC-SECRET:decide"),
    ("en", "Our dress code is on page 1200", ""),
    ("en", "Scan the QR code or use area code 01632.", ""),
]
SOLICITING: list[Row] = [
    ("en", "Comment below with your date of birth and we will check your appointment.", "PID-SOLICIT"),
    ("en", "Reply to this post with your name and NHS number.", "PID-SOLICIT"),
    ("en", "Tell us your postcode in the comments!", "PID-SOLICIT"),
    ("cy", "Rhowch eich rhif ffôn yn y sylwadau ac fe ffoniwn ni chi'n ôl.", "PID-SOLICIT"),
    ("cy", "Ysgrifennwch eich enw a'ch dyddiad geni isod.", "PID-SOLICIT"),
    ("en", "Send us a direct message with your NHS number.", "PID-SOLICIT:decide"),
    ("cy", "Anfonwch neges uniongyrchol atom gyda'ch rhif GIG.", "PID-SOLICIT:decide"),
    ("en", "Please do not post personal details in the comments.", ""),
    ("cy", "Peidiwch â rhoi manylion personol yn y sylwadau.", ""),
    ("en", "Register with your name and address here: https://abc.nhs.wales/form", ""),
    ("en", "What does kindness mean to you? Tell us in the comments.", ""),
    ("en", "Bring your appointment letter and give your name at reception.", ""),
    ("en", "Call us with your NHS number ready.", ""),
]


@pytest.mark.parametrize("row", [*NHS_NUMBERS, *BIRTHS, *PLACES, *CONTACTS], ids=name)
def test_a_number_date_place_or_contact_is_judged_by_what_stands_around_it(row: Row) -> None:
    assert above_advice(row) == wanted(row)


@pytest.mark.parametrize("row", [*DOCUMENTS, *SECRETS, *SOLICITING], ids=name)
def test_documents_secrets_and_questions_for_details_are_told_from_ordinary_words(row: Row) -> None:
    assert above_advice(row) == wanted(row)


def test_what_stands_in_both_texts_is_one_finding_that_points_at_both() -> None:
    (finding,) = of(found(post("Ffoniwch 07700 900 123.", "Call 07700 900123.")), "PID-PHONE")
    assert finding.language == "both"
    assert finding.where.pointer == "/text/cy"
    assert finding.where.span == (9, 22)
    assert finding.where.twin is not None
    assert (finding.where.twin.pointer, finding.where.twin.span) == ("/text/en", (5, 17))


def test_two_different_numbers_in_the_two_texts_are_two_findings() -> None:
    findings = of(found(post("Ffoniwch 07700 900 123.", "Call 07700 900124.")), "PID-PHONE")
    assert [f.language for f in findings] == ["cy", "en"]


def test_no_finding_repeats_the_personal_data_it_points_at() -> None:
    text = (
        "Mr Idwal Penri, NHS number 943 476 5919, born 7 October 1948, lives in SA15 9ZZ, 07700 900123, a.b@gmail.com."
    )
    findings = found(post(en=text))
    said = " ".join(str(value) for finding in findings for value in finding.params.values())
    assert len(findings) > 5
    assert not any(part in said for part in ("Penri", "943", "1948", "SA15", "07700", "gmail"))


def test_spans_count_code_points_of_the_composed_form() -> None:
    decomposed = "Sia\u0302n, ffo\u0302n 07700 900123"
    (finding,) = of(found(post(cy=decomposed)), "PID-PHONE")
    composed = post(cy=decomposed).text.get("cy")
    assert finding.where.span is not None
    assert composed[slice(*finding.where.span)] == "07700 900123"
