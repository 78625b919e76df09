"""The English of everything a holder may read, sentence by sentence; `tests/wxbot/test_english.py` finds gaps."""

from wxbot.english import (
    binding,
    choices,
    conversation,
    doors,
    finding,
    leaving,
    mechanism,
    my_data,
    newcomers,
    pages,
    progress,
    services,
)

SENTENCES: dict[str, str] = {
    **mechanism.SENTENCES,
    **pages.SENTENCES,
    **conversation.SENTENCES,
    **binding.SENTENCES,
    **services.SENTENCES,
    **doors.SENTENCES,
    **newcomers.SENTENCES,
    **choices.SENTENCES,
    **finding.SENTENCES,
    **leaving.SENTENCES,
    **my_data.SENTENCES,
    **progress.SENTENCES,
}
