// Serves telegram-test-api (MIT, by others) on a free port and prints its URL. What stands before
// it mends what python-telegram-bot cannot work with: `is_bot` in getMe, seconds instead of
// milliseconds, senders of the bot's messages, long polling with an offset, two missing methods.
const { TelegramServer } = require('telegram-test-api/lib/telegramServer');
const { routes } = require('telegram-test-api/lib/routes/index');

const BOT = { id: 666, is_bot: true, first_name: 'Govi', username: 'TestNameBot' };

const parse = (value) => {
  try { return JSON.parse(value); } catch { return value; }
};

const ok = (res, result) => res.json({ ok: true, result });

const waiting = (server, token, offset) => {
  server.storage.userMessages = server.storage.userMessages.filter((u) => u.updateId >= offset);
  return server.storage.userMessages.filter((u) => u.botToken === token)
    .map(TelegramServer.formatUpdate);
};

const poll = (server) => async (req, res) => {
  const { offset = 0, timeout = 0 } = { ...req.query, ...req.body };
  const end = Date.now() + Number(timeout) * 1000;
  let updates = waiting(server, req.params.token, Number(offset));
  while (updates.length === 0 && Date.now() < end && !req.destroyed && !res.destroyed) {
    await new Promise((resume) => { setTimeout(resume, 10); });
    updates = waiting(server, req.params.token, Number(offset));
  }
  ok(res, updates);
};

routes.unshift((app, server) => {
  app.all('/bot:token/getMe', (_req, res) => ok(res, BOT));
  app.all('/bot:token/getUpdates', poll(server));
  for (const method of ['sendChatAction', 'setMyCommands', 'answerCallbackQuery']) {
    app.all(`/bot:token/${method}`, (_req, res) => ok(res, true));
  }
  app.all('/bot:token/sendMessage', (req, res, next) => {
    for (const name of ['reply_markup', 'reply_parameters', 'link_preview_options']) {
      if (name in req.body) req.body[name] = parse(req.body[name]);
    }
    next();
  });
  app.all('/bot:token/editMessageReplyMarkup', (req, res) => {
    server.editMessageReplyMarkup(req.body);
    ok(res, true);
  });
});

const { addBotMessage } = TelegramServer.prototype;
TelegramServer.prototype.addBotMessage = function add(message, token) {
  const sent = addBotMessage.call(this, message, token);
  return { ...sent, from: BOT, date: Math.floor(sent.date / 1000) };
};

const { formatUpdate } = TelegramServer;
TelegramServer.formatUpdate = (update) => {
  const formatted = formatUpdate(update);
  if (formatted.callback_query) formatted.callback_query.chat_instance = '1';
  return formatted;
};

const server = new TelegramServer({ host: '127.0.0.1', port: Number(process.argv[2]) });
server.start().then(() => console.log(server.config.apiURL));
