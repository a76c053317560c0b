export type Severity = 'ok' | 'note' | 'warning' | 'error';

/** What one check found of one subject. MUST hold no secret. */
export type Finding = {
  readonly severity: Severity;
  /** A server, an output, a file, a port. */
  readonly subject: string;
  readonly text: string;
  /** How to mend it. */
  readonly mend?: string;
};
