// The index of undici loads fetch, WebSocket, caches and mocks as well, which takes longer than all the rest of a start.
import request from 'undici/lib/api/api-request.js'
import Agent from 'undici/lib/dispatcher/agent.js'

export { Agent, request }
