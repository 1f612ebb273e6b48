-- A user of a real Oracle Database, 19c or later, that holds the job store and nothing else
-- (JOBS_DATABASE_URL=oracle+oracledb://api_jobs:…@host:1521/?service_name=…). Run it as an
-- administrator of the pluggable database, with SQL*Plus, SQLcl or SQL Developer; it asks for the
-- user's password.
--
-- The statements of the store are tested with the driver and SQLAlchemy's dialect against the
-- embedded database. This script, and the store on a real Oracle, have never been run.

ACCEPT password CHAR PROMPT 'Password of api_jobs: ' HIDE

CREATE USER api_jobs IDENTIFIED BY "&password" DEFAULT TABLESPACE users QUOTA 10G ON users;

-- Jobs are numbered by an identity column, which has a sequence behind it. Indexes of one's own
-- tables take no privilege.
GRANT CREATE SESSION, CREATE TABLE, CREATE SEQUENCE TO api_jobs;

-- Who writes to the store keeps all others from writing until its transaction ends, which takes
-- milliseconds. A host that is lost or stands still in between would do so until the database
-- finds out. After a minute, the least there is, the database ends a session that is idle while
-- others wait for its locks; 0, the default, is never. It holds for all users of the pluggable
-- database: think of those who leave transactions open.
ALTER SYSTEM SET max_idle_blocker_time = 1;
