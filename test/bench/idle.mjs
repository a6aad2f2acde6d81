// What it costs to hold a connection on which hardly anything comes, and nothing else: what an idle follower is compared with.
import { get } from 'node:http'

get(process.argv[2], { headers: { accept: 'text/event-stream' } }, (response) => response.resume())
