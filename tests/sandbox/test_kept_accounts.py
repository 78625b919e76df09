"""Whoever could sign in at a demo or a practice can still sign in when it goes on."""

from pathlib import Path

from sandbox import demo


def test_a_demo_that_goes_on_names_the_same_passwords(tmp_path: Path) -> None:
    assert demo.kept_accounts(tmp_path) == ()
    made = demo.staff()
    demo.keep_accounts(tmp_path, made)
    assert demo.kept_accounts(tmp_path) == made
    assert (tmp_path / demo.ACCOUNTS).stat().st_mode & 0o777 == 0o600
