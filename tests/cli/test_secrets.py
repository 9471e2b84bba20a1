"""Settings that are files of a folder, as Docker and Kubernetes mount secrets."""

from pathlib import Path

import pytest

from hub.cli.opening import read_settings
from hub.errors import NotUsable

KEY = "k" * 40


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder, whose values go with the test."""
    monkeypatch.setenv("HUB_SECRETS", str(tmp_path))
    for name in ("HUB_TOKEN_KEY", "HUB_DATABASE__URL", "HUB_SHARD"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    return tmp_path


def test_a_file_is_the_value_of_the_setting_that_it_is_called_after(folder: Path) -> None:
    (folder / "HUB_TOKEN_KEY").write_text(f"{KEY}\n")
    (folder / "HUB_DATABASE__URL").write_text("postgresql://hub:pass word@db/hub")
    (folder / "..data").mkdir()  # what Kubernetes puts beside them
    settings = read_settings()
    assert settings.token_key is not None
    assert settings.token_key.get_secret_value() == KEY
    assert settings.database_url() == "postgresql+asyncpg://hub:pass word@db/hub"


def test_the_environment_goes_before_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "HUB_TOKEN_KEY").write_text("x" * 40)
    monkeypatch.setenv("HUB_TOKEN_KEY", KEY)
    settings = read_settings()
    assert settings.token_key is not None
    assert settings.token_key.get_secret_value() == KEY


def test_a_file_that_is_no_setting_is_told(folder: Path) -> None:
    (folder / "HUB_SHARD").write_text("8")
    with pytest.raises(NotUsable, match="no setting is called HUB_SHARD;"):
        read_settings()


def test_a_folder_that_is_not_there_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_SECRETS", str(folder / "none"))
    with pytest.raises(NotUsable, match=r"HUB_SECRETS: .*none can't be read: No such file or directory"):
        read_settings()
