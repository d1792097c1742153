# BEING WRITTEN by another helper ("platform-2"). The platform helper had drafts before it knew, free to take: /tmp/plat/drafts/{relations_node,relations_service,service_selection}.py
