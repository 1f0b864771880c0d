/**
 * Where code is kept and reviewed: GitHub, GitLab, Bitbucket, Azure DevOps. Everything here is put in its place: done twice it is there once,
 * so that a process that was killed in the middle does it again.
 */
export const VERDICTS = ['success', 'failure', 'neutral', 'pending'] as const;
/** `neutral`: nothing to stop for, and not a promise that nothing is wrong. Where a forge has no such state it is shown as success. */
export type Verdict = (typeof VERDICTS)[number];

/** A note at a line of a file. */
export interface Annotation {
  path: string;
  line: number;
  level: 'notice' | 'warning' | 'failure';
  title: string;
  message: string;
}

/** The check of a commit, as it is now. */
export interface Check {
  /** Names it among other checks of the commit: one of the same name is replaced. */
  name: string;
  /** Names this content: the same for every attempt at it. At most 64 letters, digits, `-`, `_`, `.`. */
  key: string;
  commit: string;
  pull_request: number | null;
  verdict: Verdict;
  /** One line. */
  title: string;
  /** Markdown; cut at the forge's limit. */
  summary: string;
  url: string | null;
  annotations?: readonly Annotation[];
}

/** The one comment with a marker on a pull request. */
export interface Comment {
  pull_request: number;
  /** Names it among the comments of the pull request: letters, digits, `-`. */
  marker: string;
  /** Markdown; cut at the forge's limit. */
  body: string;
  /** Nothing in it needs anybody: where comments are threads that can be resolved, this one is. */
  is_settled?: boolean;
  /** Only edits the comment that is there; where there is none, none is made. */
  only_edit?: boolean;
}

export interface Forge {
  /** Characters that a comment may have. */
  readonly comment_characters: number;
  /** @returns what the token reaches, in words. @throws Refused with what is missing */
  verify(signal: AbortSignal): Promise<string>;
  /** @returns the newest commit of a pull request */
  headOf(pull_request: number, signal: AbortSignal): Promise<string>;
  putCheck(check: Check, signal: AbortSignal): Promise<void>;
  /** Not there where the forge's reports are shown on the pull request themselves. */
  putComment?(comment: Comment, signal: AbortSignal): Promise<void>;
}
