-- Removes a webhook.
DELETE FROM sink WHERE program = $1 AND kind = 'webhook' AND sink = $2
