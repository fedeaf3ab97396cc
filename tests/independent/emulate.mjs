// A Slack by vercel-labs' `emulate`, and thin shims for what it lacks: subscribing to events, people, `app_mention`.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createEmulator } from 'emulate'
import { freePort, serve } from './lines.mjs'

const entry = import.meta.resolve('emulate')
const chunk = /(\.\/dist-\w+\.js)"\);\s*return { plugin: mod\.slackPlugin/.exec(readFileSync(fileURLToPath(entry), 'utf8'))[1]
const { slackPlugin, getSlackStore } = await import(new URL(chunk, entry))

const BOT = 'U0SLATE01'
let emulator, slack, hooks, subscribed

// Events are signed and sent by the emulator itself; it only has no way to subscribe to them. What Slack calls the same
// message for an app is put right here: a mention in a channel is `app_mention`, a direct message says that it is one.
const register = slackPlugin.register.bind(slackPlugin)
slackPlugin.register = (app, store, webhooks, ...more) => {
  slack = getSlackStore(store)
  hooks = webhooks
  const dispatch = webhooks.dispatch.bind(webhooks)
  webhooks.dispatch = async (name, action, payload, owner, repo) => {
    const event = asSlackTells(payload.event)
    if (event) await dispatch(event.type, action, { ...payload, event }, owner, repo)
  }
  return register(app, store, webhooks, ...more)
}

function asSlackTells(event) {
  const channel = slack.channels.findOneBy('channel_id', event.channel ?? event.item?.channel ?? '')
  if (!channel?.members.includes(BOT)) return null
  if (event.type !== 'message') return subscribed.includes(event.type) ? event : null
  if (channel.is_im) {
    return subscribed.includes('message.im') ? { ...event, channel_type: 'im' } : null
  }
  const mentions = event.text?.includes(`<@${BOT}>`) && (!event.subtype || event.subtype === 'file_share')
  return mentions && subscribed.includes('app_mention') ? { ...event, subtype: undefined, type: 'app_mention' } : null
}

serve({
  async start({ token, secret, scopes, events }) {
    const port = await freePort()
    subscribed = events
    const app = { app_id: 'A0SLATE01', client_id: '11.22', bot_id: 'B0SLATE01', bot_user_id: BOT }
    emulator = await createEmulator({
      service: 'slack',
      port,
      hostname: '127.0.0.1',
      baseUrl: `http://127.0.0.1:${port}`,
      seed: {
        slack: {
          signing_secret: secret,
          strict_scopes: true,
          oauth_apps: [{ ...app, client_secret: 'secret', name: 'Slate', redirect_uris: [], scopes, bot_name: 'slate' }],
          tokens: [{ ...app, token, type: 'bot', user_id: BOT, scopes }],
        },
      },
    })
    return { url: emulator.url, team: slack.teams.all()[0].team_id, bot: BOT }
  },
  stop: () => emulator.close(),
  subscribe: ({ url }) => void hooks.register({ url, events: ['*'], active: true, owner: 'slack' }),
  user({ id, name, token, scopes }) {
    const team_id = slack.teams.all()[0].team_id
    const profile = { display_name: name, real_name: name, email: `${id}@example.com`, image_48: '', image_192: '' }
    const about = { is_admin: false, is_bot: false, deleted: false, presence: 'active' }
    slack.users.insert({ user_id: id, team_id, name: name.toLowerCase(), real_name: name, email: profile.email, profile, ...about })
    slack.tokens.insert({ token, token_type: 'user', team_id, user_id: id, scopes })
  },
  channels: () => slack.channels.all(),
  users: () => slack.users.all(),
  messages: ({ channel }) => [
    ...slack.messages.findBy('channel_id', channel),
    ...slack.ephemeralMessages.findBy('channel_id', channel),
  ],
  views: () => slack.views.all().filter((one) => one.type === 'modal'),
})
