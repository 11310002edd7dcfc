"""What browsers, players and the card get from Home Assistant."""
