curl https://api.therouter.ai/v1/chat/completions \
  -H "Authorization: Bearer $THEROUTER_API_KEY" \
  -H "Content-Type: application/json" \
  -d '{
    "model": "deepseek/deepseek-v3.2",
    "response_format": {"type": "json_object"},
    "messages": [
      {"role": "system", "content": "Return JSON: {\"action\":string,\"args\":object}"},
      {"role": "user", "content": "Restart the nginx container on host web-03."}
    ]
  }'
