export { OrderBody as CallbotOrderBody, TaskBody as CallbotTaskBody } from './callbot/schema.ts';
export { explainFacts, type LineFacts } from './explain/explain-facts.ts';
export { explainBy, explainRequest, finish, type Found } from './explain/explain-request.ts';
export { reasonOf } from './explain/reasons.ts';
export { sizeText } from './explain/search.ts';
export { plainAnswer } from './http/json-reply.ts';
export { createSenders, createSources, type NamedSender, SENDER_KINDS, sourceTypes, type SourceStanza } from './registry.ts';
