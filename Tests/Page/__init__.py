"""Tests of the controller's page (Sources/EmbeddedFiles/Page), without Docker and without the controller: alone
`python3 -B -m unittest discover -s Tests/Page -t Tests`. `PAGE_SCREENSHOTS=1` leaves pictures in /tmp/page-*.png."""
