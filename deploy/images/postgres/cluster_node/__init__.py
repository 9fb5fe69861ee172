"""The programs of a cluster node's image.

node            its first process: Patroni beside it, pgBackRest's server, the orderly end for a switchover
task            a job that runs to its end: restore, drill, verify, backup, trial, look
belongs, clone  what PostgreSQL's and Patroni's commands ask

They use Python's own library, and what Patroni brings along (yaml, psycopg2); nothing is imported before it is needed, because
a cold start and a failover wait for these programs.
"""
