export { createGroupCommit, type GroupCommit } from './group-commit.ts';
export { within } from './within.ts';
