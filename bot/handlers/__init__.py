"""What people do on Telegram, one handler each: parse, one service call, render."""
