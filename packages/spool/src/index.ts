export { openSpool } from './spool.ts';
export { createSpooledWriter } from './spooled-writer.ts';
