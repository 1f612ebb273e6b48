"""An embedded database that speaks Oracle Net, so that python-oracledb takes it for Oracle.

It is a means to try and test the service without an Oracle licence, and no more than that: SQL
runs on SQLite, procedures are Python functions registered with their PL/SQL signature, and it
listens on loopback only. What it does not know gets a proper ORA- error.
"""
