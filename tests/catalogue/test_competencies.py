"""The standard competencies that ship with the bridge."""

from __future__ import annotations

import pytest

from lms_bridge.catalogue import competencies


def test_the_eight_managerial_competencies_and_the_socio_cultural_one_are_there() -> None:
    families = [each.family for each in competencies.standard().values()]

    assert families == ["manajerial"] * 8 + ["sosial kultural"]


def test_every_level_of_every_competency_is_described_and_numbered_by_itself() -> None:
    found = competencies.standard().values()

    described = {text for each in found for text in each.levels if text.strip() == text}
    numbered = {each.id_number(level) for each in found for level in range(1, 6)}

    assert len(described) == len(numbered) == 9 * 5


@pytest.mark.parametrize("level", [0, 6])
def test_a_level_that_there_is_none_of_has_no_number(level: int) -> None:
    with pytest.raises(ValueError, match="levels 1 to 5"):
        competencies.standard()["Integritas"].id_number(level)


def test_a_competency_is_found_however_its_name_is_spaced_and_capitalised() -> None:
    assert competencies.find("kerjasama") is competencies.standard()["Kerja Sama"]
    assert competencies.find(" ORIENTASI PADA  HASIL ") is not None
    assert competencies.find("Literasi Digital") is None


def test_an_id_number_of_the_lms_says_competency_and_level() -> None:
    assert competencies.by_id_number("ASN-HASIL-4") == (
        competencies.standard()["Orientasi pada Hasil"],
        4,
    )
    assert competencies.by_id_number("ASN-HASIL") is None
