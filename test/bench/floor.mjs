// What it costs to ask for a reply and to parse it, and nothing else: what runs are compared with.
import { get } from 'node:http'

get(process.argv[2], (response) => {
  const chunks = []
  response.on('data', (chunk) => chunks.push(chunk))
  response.on('end', () => JSON.parse(Buffer.concat(chunks).toString()))
})
