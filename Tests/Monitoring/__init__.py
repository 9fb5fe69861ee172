"""Tests of the alert rules and the dashboard. `promtool test rules Tests/Monitoring/alerts.test.yml` tests the rules;
`python3 -B -m unittest discover -s Tests/Monitoring -t Tests` tests the rest."""
