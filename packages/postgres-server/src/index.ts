export { findPostgres } from './find.ts';
export { type PreparedPostgres, preparePostgres } from './prepare.ts';
export { type PostgresServer, startPostgres } from './server.ts';
