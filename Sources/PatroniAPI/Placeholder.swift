// PatroniAPI
