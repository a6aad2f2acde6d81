import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Does something while another process holds the lock of a state directory. */
export async function whileLocked<T>(stateDir: string, act: () => Promise<T>): Promise<T> {
  const holder = spawn('flock', ['--exclusive', stateDir, 'sh', '-c', 'echo held; read -r _'])
  await once(holder.stdout, 'data')
  try {
    return await act()
  } finally {
    holder.stdin.end()
    await once(holder, 'close')
  }
}
