curl https://api.therouter.ai/v1/chat/completions \
  -H "Authorization: Bearer $THEROUTER_API_KEY" \
  -H "Content-Type: application/json" \
  -d '{
    "model": "deepseek/deepseek-v3.2",
    "messages": [{"role": "user", "content": "What is the AWS S3 region for ap-northeast-1?"}],
    "tools": [{
      "type": "function",
      "function": {
        "name": "lookup_region",
        "parameters": {"type": "object", "properties": {"code": {"type": "string"}}}
      }
    }]
  }'
