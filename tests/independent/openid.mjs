// An OpenID Connect provider by panva's `oidc-provider`, which is certified: people sign in by their name alone.
import { createServer } from 'node:http'
import Provider from 'oidc-provider'
import { freePort, serve } from './lines.mjs'

const people = {
  ana: { name: 'Ana Lima', email: 'ana@acme.example', email_verified: true },
  eve: { name: 'Eve', email: 'mia@acme.example', email_verified: false },
}
console.warn = console.info = () => {}

await serve({
  async start({ client, secret, back, keys }) {
    const port = await freePort()
    const provider = new Provider(`http://127.0.0.1:${port}`, {
      clients: [{ client_id: client, client_secret: secret, redirect_uris: [back], grant_types: ['authorization_code'], response_types: ['code'] }],
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      pkce: { required: () => true },
      cookies: { keys: ['a key for tests'] },
      ...(keys ? { jwks: { keys } } : {}),
      findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
    })
    await new Promise((up) => createServer(provider.callback()).listen(port, '127.0.0.1', up))
    return `http://127.0.0.1:${port}`
  },
})
