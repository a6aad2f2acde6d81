/** What proves that HAProxy runs the configuration: its own word, nobody's (waived), or nothing since nobody reloads it. */
export type Proof = 'verified' | 'unverified' | 'not-reloaded'

/** A change of the live file, from one text to another. */
export interface Change {
  live: string
  before: string
  after: string
}

/** How a run ended well: one kind, with what belongs to it. */
export type Outcome = { warnings: string[]; notes: string[] } & (
  | { kind: 'unchanged'; proof: Proof }
  /** `refusal`: why the safety gate would not let it pass. */
  | { kind: 'pending'; change: Change; reload: boolean; refusal: string | undefined }
  | { kind: 'updated'; change: Change; proof: Proof; took: number }
)
