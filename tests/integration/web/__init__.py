"""Views, commands and feeds for browsers, players and the card."""
