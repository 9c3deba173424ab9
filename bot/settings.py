"""What the environment says, read once; the only reader of the environment."""

import os
import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot import env_file
from bot.errors import SettingsError

#: What Telegram takes, and long enough not to be guessed.
SECRET_SHAPE = re.compile(r"[A-Za-z0-9_-]{16,256}")
TOKEN_SHAPE = re.compile(r"[0-9]+:[A-Za-z0-9_-]{30,}")
#: To listen on these is to listen on each; nobody can open them, and other names are refused.
_EVERY_ADDRESS = {"0.0.0.0", "::"}  # noqa: S104
ROOT = Path(__file__).resolve().parent.parent
#: In the folder that the command is started in.
_FILE = Path(".env")


def _path(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError("begins with the home folder of somebody who has none") from None


def _url(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return url


def _without_slash(url: str) -> str:
    return _url(url).rstrip("/")


def _no_url_or_one(url: str) -> str:
    return _url(url) if url else url


def _no_url_or_a_host(url: str) -> str:
    if urlsplit(url).path.strip("/"):
        raise ValueError("must end behind the host: the console is served under no other path")
    return _without_slash(url) if url else url


#: No shell reads `.env`, and a folder that is really called "~" is a trap for whoever removes it.
_Path = Annotated[Path, AfterValidator(_path)]


class Settings(BaseSettings):
    """Govi's settings. Each field is the environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(
        env_file=_FILE,
        env_file_encoding="utf-8-sig",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    bot_token: SecretStr | None = None
    telegram_api_url: Annotated[str, AfterValidator(_without_slash)] = "https://api.telegram.org"
    data_dir: _Path = Path("var")
    database_url: str = ""
    admin_ids: Annotated[frozenset[int], NoDecode] = frozenset()
    invite_hours: int = Field(default=48, ge=1, le=24 * 30)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    model_dir: _Path = ROOT / "retrieval" / "model"
    embedder_runtime: Literal["onnx", "torch"] = "onnx"
    embedder_threads: int = Field(default=0, ge=0, le=256)
    self_approval: bool = False
    announce_minutes: int = Field(default=15, ge=0, le=24 * 60)
    quiet_hours: Annotated[tuple[int, int] | None, NoDecode] = (20, 6)
    officers_chat_id: int | None = None
    officers_topics: Annotated[dict[str, int], NoDecode] = Field(default_factory=dict)
    hold_hours: int = Field(default=24, ge=1, le=24 * 30)
    webhook_url: Annotated[str, AfterValidator(_no_url_or_one)] = ""
    webhook_secret: SecretStr | None = None
    webhook_host: str = "127.0.0.1"
    webhook_port: int = Field(default=8443, ge=0, le=65535)
    console_host: str = "127.0.0.1"
    console_port: int = Field(default=8010, ge=1, le=65535)
    console_url: Annotated[str, AfterValidator(_no_url_or_a_host)] = Field(
        default="", validate_default=True
    )
    rate_per_minute: float = Field(default=20, ge=0)
    rate_burst: int = Field(default=20, ge=1)
    backup_days: int = Field(default=14, ge=0, le=3650)
    reminder_hours: int = Field(default=24, ge=1, le=24 * 30)
    retention_days: int = Field(default=365, ge=1, le=3650)
    mail_days: int = Field(default=30, ge=1, le=3650)
    media_keep: int = Field(default=0, ge=0, le=1_000_000)
    privacy_contact: str = Field(default="", max_length=300)
    speech_model: _Path | None = None
    health_host: str = "127.0.0.1"
    health_port: int = Field(default=0, ge=0, le=65535)

    @field_validator("admin_ids", mode="before")
    @classmethod
    def _split_ids(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        parts = [part.strip() for part in value.split(",") if part.strip()]
        wrong = [part for part in parts if not re.fullmatch("[0-9]{1,18}", part)]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is not a Telegram user id (digits, comma separated)")
        return frozenset(int(part) for part in parts)

    @field_validator("quiet_hours", mode="before")
    @classmethod
    def _read_hours(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        if value == "never":
            return None
        shape = re.fullmatch(r"([01][0-9]|2[0-3])-([01][0-9]|2[0-3])", value, re.ASCII)
        if shape is None:
            raise ValueError(f"{value!r} is not like 20-06, and not 'never'")
        return int(shape[1]), int(shape[2])

    @field_validator("officers_topics", mode="before")
    @classmethod
    def _read_topics(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        parts = [part.strip() for part in value.split(",") if part.strip()]
        shapes = [re.fullmatch(r"([a-z0-9_]+)=([0-9]{1,15})", part, re.ASCII) for part in parts]
        if None in shapes:
            raise ValueError(f"{parts[shapes.index(None)]!r} is not like paddy=12")
        return {shape[1]: int(shape[2]) for shape in shapes if shape}

    @field_validator("console_url")
    @classmethod
    def _require_address(cls, url: str, info: ValidationInfo) -> str:
        if not url and info.data.get("console_host") in _EVERY_ADDRESS:
            raise ValueError(
                f"has to be set where CONSOLE_HOST is {info.data['console_host']}: the address "
                "that people open, such as http://192.168.1.5:8010"
            )
        return url

    @field_validator("bot_token")
    @classmethod
    def _token_shape(cls, token: SecretStr | None) -> SecretStr | None:
        if token is None:
            return None
        if not TOKEN_SHAPE.fullmatch(token.get_secret_value()):
            raise ValueError("does not look like a token from @BotFather (123456:ABC...)")
        return token

    @field_validator("webhook_secret")
    @classmethod
    def _secret_shape(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not SECRET_SHAPE.fullmatch(secret.get_secret_value()):
            raise ValueError("must be 16 to 256 letters, digits, _ or - (openssl rand -hex 32)")
        return secret

    @property
    def database(self) -> str:
        """The database URL in force: `DATABASE_URL`, or a SQLite file in the data directory."""
        path = str(self.data_dir / "govi.sqlite3")
        # What else a path may hold means nothing in a URL.
        return self.database_url or f"sqlite:///{path.replace('%', '%25').replace('?', '%3F')}"

    @property
    def console(self) -> str:
        """Where people find the console: `CONSOLE_URL`, or the address that it listens on."""
        host = f"[{self.console_host}]" if ":" in self.console_host else self.console_host
        return self.console_url or f"http://{host}:{self.console_port}"

    @property
    def backup_dir(self) -> Path:
        """Where the nightly backups are."""
        return self.data_dir / "backups"

    @property
    def media_dir(self) -> Path:
        """Where copies of photos and recordings are, if any are kept."""
        return self.data_dir / "media"

    @property
    def media_bytes(self) -> int:
        """How much all copies may take; 0 if none are kept."""
        return self.media_keep * 2**20

    @property
    def index_dir(self) -> Path:
        """Where index snapshots are kept; a cache that may be deleted at any time."""
        return self.data_dir / "index"


def load_settings() -> Settings:
    """Read the settings from the environment and `.env`.

    Raises:
        SettingsError: One or more settings cannot be used; all of them are named.
    """
    try:
        if faults := [*env_file.find_faults(env_file.read_lines(_FILE))]:
            raise SettingsError(f".env, {'; '.join(faults)}")
        return Settings()
    except ValidationError as error:
        lines = [
            f"{'_'.join(str(part) for part in fault['loc']).upper()} "
            f"{fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors(include_input=False, include_url=False)
        ]
        raise SettingsError("; ".join(lines) + ". See .env.example") from None
    except UnicodeDecodeError:
        raise SettingsError(".env is not UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise SettingsError(f".env cannot be read: {error.strerror}") from None


def list_unknown() -> list[str]:
    """Return a sentence for each name that somebody has set in vain."""
    known = [name.upper() for name in Settings.model_fields]
    return [*env_file.find_unknown(env_file.read_lines(_FILE), os.environ, known)]
