export { forgetInSpool } from './forget.ts';
export { readSpool } from './read.ts';
export { openSpools, type Spool } from './spool.ts';
export { createSpooledProducer } from './spooled-producer.ts';
