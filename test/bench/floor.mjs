// What it costs to ask for a reply and to understand it, and nothing else: the least that any program with this task can take.
import { get } from 'node:http'

get(process.argv[2], (response) => {
  const chunks = []
  response.on('data', (chunk) => chunks.push(chunk))
  response.on('end', () => JSON.parse(Buffer.concat(chunks).toString()))
})
