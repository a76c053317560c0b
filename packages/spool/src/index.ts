export { openSpools, type Spool } from './spool.ts';
export { createSpooledProducer } from './spooled-producer.ts';
