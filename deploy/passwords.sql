-- The passwords of the two roles, from the files of docker-compose.yml: run once by the image of PostgreSQL, after docs/postgresql-roles.sql.
\set ON_ERROR_STOP on
\set owner `cat /run/secrets/owner_password`
\set app `cat /run/secrets/app_password`
ALTER ROLE sendiass_owner PASSWORD :'owner';
ALTER ROLE sendiass_app PASSWORD :'app';
