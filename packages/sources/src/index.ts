export { OrderBody as CallbotOrderBody, TaskBody as CallbotTaskBody } from './callbot/schema.ts';
export { explainFacts, type LineFacts } from './explain/explain-facts.ts';
export { explainBy, explainRequest, type Found } from './explain/explain-request.ts';
export { plainAnswer } from './http/json-reply.ts';
export { createSenders, createSources, type NamedSender, SENDER_KINDS, sourceTypes, type SourceStanza } from './registry.ts';
