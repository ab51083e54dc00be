"""xapi"""
