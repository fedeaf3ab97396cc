// One request a line on stdin, one answer a line on stdout: how a test drives a server that runs in here.
import { createInterface } from 'node:readline'
import { createServer } from 'node:net'

export async function serve(acts) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { act, given } = JSON.parse(line)
    let answer
    try {
      answer = { value: (await acts[act](given)) ?? null }
    } catch (problem) {
      answer = { problem: String(problem?.stack ?? problem) }
    }
    process.stdout.write(JSON.stringify(answer) + '\n')
  }
  process.exit(0)
}

export function freePort() {
  return new Promise((found) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => found(port))
    })
  })
}
