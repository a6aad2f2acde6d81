/** What a command prints on standard output, the lines that it says on standard error, and its exit status. */
export interface Printed {
  stdout: string
  lines: string[]
  status: number
}
