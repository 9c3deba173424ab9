"""What Govi says, in every language that it speaks."""

from bot.i18n.catalogue import Catalogue, CatalogueError, Words

__all__ = ["Catalogue", "CatalogueError", "Words"]
