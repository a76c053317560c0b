export { openSpool, type Spool } from './spool.ts';
export { createSpooledWriter } from './spooled-writer.ts';
